namespace Mlp.Spark.Worker.Protocol;

/// <summary>The most that the worker takes. A length beyond its limit is refused before anything is allocated for it.</summary>
internal static class ProtocolLimits
{
    /// <summary>Bytes of a text or of the task context.</summary>
    public const int TextLength = 16 << 20;

    /// <summary>Bytes of the message before the data, where it has a frame.</summary>
    public const int FrameLength = 64 << 20;

    /// <summary>Entries of a list of settings, files, resources or addresses.</summary>
    public const int EntryCount = 100_000;

    /// <summary>Functions of a task. Up to 255 tell the layout of 3.5 from later ones.</summary>
    public const int FunctionCount = 1_000;

    /// <summary>Arguments of a function; for groups, the numbers that say which columns are keys and values.</summary>
    public const int ArgumentCount = 20_000;

    /// <summary>Functions one within the other.</summary>
    public const int ChainLength = 64;

    /// <summary>Bytes of the description of a schema or of a batch.</summary>
    public const int MetadataLength = 16 << 20;

    /// <summary>Bytes of the values of a batch, packed or not, that comes or goes.</summary>
    public const int BatchLength = 1 << 30;

    /// <summary>Rows of a batch.</summary>
    public const int BatchRows = 1 << 26;

    /// <summary>Columns of a schema, those within others included.</summary>
    public const int ColumnCount = 50_000;

    /// <summary>Columns within columns.</summary>
    public const int ColumnDepth = 32;
}
