"""The doctor: compares what is derived with a rebuild from the facts, while events keep coming, and puts it right."""
