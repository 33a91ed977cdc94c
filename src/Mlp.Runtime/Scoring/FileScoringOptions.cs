namespace Mlp.Runtime.Scoring;

/// <summary>How a file is scored. Immutable; the defaults fit most uses.</summary>
public sealed record FileScoringOptions
{
    /// <summary>What the output holds and how much runs at once.</summary>
    /// <value>The default value is <see cref="ScoringOptions.Default"/>.</value>
    public ScoringOptions Scoring
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    }
    = ScoringOptions.Default;

    /// <summary>Rows after which work is made durable, 1 to 16,777,216: what a kill costs at most.</summary>
    /// <value>The default value is 262,144.</value>
    public int RowsPerPart
    {
        get;
        init => field = value is >= 1 and <= 1 << 24
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, $"Expected {nameof(RowsPerPart)} to be 1 to 16777216.");
    }
    = 1 << 18;

    /// <summary>Memory that reading and writing Parquet may take, in bytes, at least 64 MiB; beyond it DuckDB spills to a folder beside the output.</summary>
    /// <value>The default value is 512 MiB.</value>
    public long ParquetMemoryLimitBytes
    {
        get;
        init => field = value >= 64L << 20
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, $"Expected {nameof(ParquetMemoryLimitBytes)} to be at least 67108864.");
    }
    = 512L << 20;
}
