"""What opens a stranger's workbook: runs in a child process of its own, with limits.

Only the standard library, calamine and lxml are imported here, so that the child starts in some
hundredths of a second and keeps its memory for the workbook. It says what is wrong in codes;
`ingest.workbook`, its parent, has the sentences.
"""
