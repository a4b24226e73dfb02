"""Protocol Buffers as pprof uses them: the wire format in columns, and the numbers of pprof's fields.

The format is read here by hand, not with the protobuf library: the library parses a message into one Python
object a sample, takes a field of the wrong wire type for an unknown one and skips it in silence, and cannot say
at which byte a file is damaged. The tests compare with the library, which is an independent reader.
"""
