//! Objects in a bucket.

use std::path::Path;
use std::time::{Duration, SystemTime};

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};

use super::{BlobError, Bucket};

const CONNECT: Duration = Duration::from_secs(3);
/// One try.
const ATTEMPT: Duration = Duration::from_secs(8);
/// All tries: a request of ours, which waits, has 30 seconds.
const WHOLE: Duration = Duration::from_secs(20);
const TRIES: u32 = 2;

pub struct Client {
    bucket: String,
    sdk: aws_sdk_s3::Client,
}

impl Client {
    pub fn open(bucket: Bucket, extra_ca: &Path) -> Result<Self, BlobError> {
        let mut trusted = TrustStore::default();
        if !extra_ca.as_os_str().is_empty() {
            let pem = std::fs::read(extra_ca).map_err(BlobError::ExtraCa)?;
            trusted = trusted.with_pem_certificate(pem);
        }
        let tls = TlsContext::builder().with_trust_store(trusted).build();
        let tls = tls.map_err(|error| BlobError::Link(error.to_string()))?;
        let http = Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .tls_context(tls)
            .build_https();
        let who = bucket.credentials;
        let (id, secret, token) = (who.access_key_id, who.secret_access_key, who.session_token);
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(WHOLE)
            .build();
        let mut config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(http)
            .credentials_provider(Credentials::new(id, secret, token, None, "environment"))
            .region(Region::new(bucket.region))
            .force_path_style(bucket.force_path_style)
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(TRIES))
            // Not every server that speaks like S3 knows its newer checksums.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        if let Some(endpoint) = bucket.endpoint {
            config = config.endpoint_url(endpoint);
        }
        Ok(Self { bucket: bucket.name, sdk: aws_sdk_s3::Client::from_conf(config.build()) })
    }

    pub async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        media_type: &'static str,
    ) -> Result<(), BlobError> {
        let put = self.sdk.put_object().bucket(&self.bucket).key(key);
        let put = put.content_type(media_type).content_disposition("inline");
        let put = put.cache_control("private, max-age=604800, immutable");
        put.body(ByteStream::from(bytes)).send().await.map(drop).map_err(|error| explain(&error))
    }

    /// Signature Version 4 in the query, of this one GET.
    pub async fn link(
        &self,
        key: &str,
        valid_for: Duration,
        now: i64,
    ) -> Result<String, BlobError> {
        let since = Duration::from_millis(u64::try_from(now).unwrap_or_default());
        let signing = PresigningConfig::builder()
            .start_time(SystemTime::UNIX_EPOCH + since)
            .expires_in(valid_for)
            .build()
            .map_err(|error| BlobError::Link(error.to_string()))?;
        let get = self.sdk.get_object().bucket(&self.bucket).key(key);
        let link = get.presigned(signing).await.map_err(|error| explain(&error))?;
        Ok(link.uri().to_owned())
    }

    pub async fn remove(&self, key: &str) -> Result<(), BlobError> {
        let remove = self.sdk.delete_object().bucket(&self.bucket).key(key);
        remove.send().await.map(drop).map_err(|error| explain(&error))
    }
}

/// The answer's status and code, such as `SignatureDoesNotMatch`, or the innermost cause of there being
/// none. An answer's own words may repeat what was signed, and are not told.
fn explain<E>(error: &SdkError<E>) -> BlobError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    if let (Some(answer), Some(response)) = (error.as_service_error(), error.raw_response()) {
        let code = answer.code().unwrap_or("without a code");
        let code = code.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
        return BlobError::Answer { status: response.status().as_u16(), code };
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    BlobError::Away(cause.to_string())
}
