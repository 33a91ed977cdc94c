namespace Mlp.Benchmarks.Spark;

/// <summary>Whose a way is.</summary>
internal enum ScoringSide
{
    /// <summary>Spark with this library's client and worker.</summary>
    Ours,

    /// <summary>PySpark.</summary>
    Peer,

    /// <summary>Without Spark.</summary>
    Alone,
}
