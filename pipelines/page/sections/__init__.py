"""One module per section of the page, each with its function `section`."""
