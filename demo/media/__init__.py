"""Frames in and out: pictures, folders of them, videos, cameras."""
