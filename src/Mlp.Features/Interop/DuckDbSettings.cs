namespace Mlp.Features.Interop;

/// <summary>How a DuckDB database is limited.</summary>
internal sealed record DuckDbSettings(long MemoryLimitBytes, int Threads, string TemporaryDirectory);
