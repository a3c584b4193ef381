"""Read and write videos: any phone's file in, upright pictures with the stream's own times out."""

from __future__ import annotations

from hiphinge.video.camera import CameraWatch
from hiphinge.video.decode import DecodeDamage
from hiphinge.video.encode import VideoSink
from hiphinge.video.picture import Orientation, RgbPicture, YuvPicture
from hiphinge.video.reader import VideoReader, open_video

__all__ = [
    "CameraWatch",
    "DecodeDamage",
    "Orientation",
    "RgbPicture",
    "VideoReader",
    "VideoSink",
    "YuvPicture",
    "open_video",
]
