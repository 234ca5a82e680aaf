"""People's own pictures, videos and cameras: frames in, mattes and composites out."""
