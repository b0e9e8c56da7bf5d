"""The data set as files of statistics packages: typed, labelled, with missing codes that the package knows as such."""
