//! HTTP/2 on the ports of the gateway: whoever begins with its preface, or agrees on it with TLS, is answered as over
//! HTTP/1.1, and held by the same bounds.

mod bounds;
mod ends;
mod raw_frames;
mod requests;
