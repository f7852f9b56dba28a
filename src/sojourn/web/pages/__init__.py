"""The pages: rendered here, with the API's own code for every number and filter; nothing to build before they run."""
