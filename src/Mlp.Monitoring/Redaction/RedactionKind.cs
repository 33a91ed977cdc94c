namespace Mlp.Monitoring.Redaction;

/// <summary>What becomes of a column of personal data before it is logged.</summary>
internal enum RedactionKind
{
    /// <summary>The value is left out; its status is kept.</summary>
    Erase,

    /// <summary>A text becomes the HMAC-SHA256 of its UTF-8 bytes in 64 hexadecimal digits, an integer and a GUID the first 8 and 16 bytes of that of theirs (big-endian).</summary>
    Hash,

    /// <summary>A number becomes the lower end of its bucket: floor(x / width) · width.</summary>
    Bucket,
}
