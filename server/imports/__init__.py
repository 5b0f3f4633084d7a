"""Files of the office into reference documents: all of a file or nothing."""
