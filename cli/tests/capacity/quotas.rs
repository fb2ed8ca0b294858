//! What AWS allows and asks.

/// Bytes of a MB and of a GB as prices and speeds count them, and of a GiB as Lambda does.
pub(crate) const MB: f64 = 1e6;
pub(crate) const GB: u64 = 1_000_000_000;
pub(crate) const TB: u64 = 1000 * GB;

/// Quotas: read from AWS's pages in 2026.
pub(crate) const LAMBDA_SECONDS: u64 = 900;
pub(crate) const LAMBDA_CONCURRENCY: u64 = 1000;
pub(crate) const LAMBDA_MB_PER_PROCESSOR: f64 = 1769.0;
pub(crate) const MAP_CONCURRENCY: u64 = 10_000;
/// Standard children that a Distributed Map starts in a second.
pub(crate) const MAP_STARTS_PER_SECOND: f64 = 100.0;
pub(crate) const HISTORY_EVENTS: u64 = 25_000;
pub(crate) const MULTIPART_PARTS: u64 = 10_000;
pub(crate) const MULTIPART_PART_BYTES: std::ops::RangeInclusive<u64> = 5 << 20..=5 << 30;
/// Of an object in S3: 10,000 parts of 5 GiB, 48.8 TiB.
pub(crate) const OBJECT_BYTES: u64 = MULTIPART_PARTS * (5 << 30);

/// Chunks that a file is cut into, at most: our own quota.
pub(crate) const CHUNKS: usize = 10_000;

/// Dollars, in us-east-1, for functions on arm64: read from AWS's pages in 2026, save for those of S3, which
/// are what others say that its page says.
pub(crate) const PER_GB_SECOND: f64 = 0.000_013_333_4;
pub(crate) const PER_INVOCATION: f64 = 0.20 / 1e6;
pub(crate) const PER_TRANSITION: f64 = 25.0 / 1e6;
pub(crate) const PER_GET: f64 = 0.0004 / 1e3;
pub(crate) const PER_PUT: f64 = 0.005 / 1e3;
