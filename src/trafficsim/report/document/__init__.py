"""The report of a study: one content, which two writers render, as a web page that works offline and as a PDF."""
