namespace Mlp.Features.Ingestion;

/// <summary>How an Arrow IPC file or stream is read. Columns of nested and binary types are left out, except vectors (lists of float or half) and GUIDs of 16 bytes (big-endian).</summary>
public sealed class ArrowIngestOptions : SourceIngestOptions;
