//! stub
#[derive(Debug,Clone,Copy,PartialEq,Eq)]
pub enum Encoding { Utf8 }
impl Encoding { pub fn for_label(l:&str)->Option<Self>{ l.to_lowercase().starts_with("utf").then_some(Encoding::Utf8) } }
#[derive(Debug,Clone,PartialEq,Eq,thiserror::Error)]
#[error("not text")]
pub struct TextError;
impl TextError { pub fn offset(&self)->Option<u64>{None} pub fn code(&self)->crate::fault::Code{crate::fault::Code::EncodingError}}
#[derive(Debug)]
pub struct TextDecoder { mark: u64, n: u64 }
impl TextDecoder {
 pub fn new(_:Option<Encoding>)->Self{TextDecoder{mark:0,n:0}}
 pub fn push(&mut self,b:&[u8],mut sink: impl FnMut(&[u8]))->Result<(),TextError>{ let mut b=b; if self.n==0 && b.starts_with(b"\xef\xbb\xbf"){self.mark=3;b=&b[3..];} self.n+=b.len() as u64; if std::str::from_utf8(b).is_err(){return Err(TextError);} sink(b);Ok(())}
 pub fn finish(&mut self,_: impl FnMut(&[u8]))->Result<(),TextError>{Ok(())}
 pub fn is_verbatim(&self)->bool{true}
 pub fn mark_len(&self)->u64{self.mark}
}
