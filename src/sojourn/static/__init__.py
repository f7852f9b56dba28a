"""What browsers load beside the pages: the style, the scripts."""
