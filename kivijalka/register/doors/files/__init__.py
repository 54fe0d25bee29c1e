"""The files door: any register out to a workbook or CSV, and in from one, with columns mapped by hand."""
