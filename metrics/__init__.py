"""What each number means: narwhals frames in, frame out. No files, no clock, no engine by name."""
