namespace Mlp.Spark.Connect;

/// <summary>What happens where there is something already.</summary>
public enum SparkSaveMode
{
    /// <summary>It is an error.</summary>
    ErrorIfExists,

    /// <summary>The rows are added.</summary>
    Append,

    /// <summary>It is replaced.</summary>
    Overwrite,

    /// <summary>Nothing is written.</summary>
    Ignore,
}
