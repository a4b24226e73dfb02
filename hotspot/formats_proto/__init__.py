"""Protocol Buffers as pprof uses them: the wire format in columns, and the numbers of pprof's fields.

The format is read here by hand, not with the protobuf library: the library parses a message into one Python
object a sample, takes a field of the wrong wire type for an unknown one and skips it in silence, and cannot say
at which byte a file is damaged. Of 100 MB (775,000 samples, 58 frames deep) a finished profile takes 3.1 s of CPU
here; only to look at every sample's numbers takes 5.4 s with the library. The tests compare with it, for it is an
independent reader and writer.
"""
