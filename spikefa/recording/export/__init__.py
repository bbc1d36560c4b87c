"""Recordings in the formats of others, one file per format; `Recording.to_sonata` and so on.

Step k leaves as the time ``k * dt``, so that bins of width dt that begin at the first step hold one
step each. What others need is imported when it is called.
"""
