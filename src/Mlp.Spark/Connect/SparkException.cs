using Mlp.Runtime;

namespace Mlp.Spark.Connect;

/// <summary>Spark has refused or failed what it was asked for. The message is Spark's; where a worker failed, the worker's sentence is in it.</summary>
public sealed class SparkException : MlPlatformException
{
    internal SparkException(string message, string? errorClass, string? sqlState, Exception? innerException)
        : base(message, innerException)
    {
        ErrorClass = errorClass;
        SqlState = sqlState;
    }

    /// <summary>Spark's name of the error, for example <c>TABLE_OR_VIEW_NOT_FOUND</c>; null where Spark does not say.</summary>
    public string? ErrorClass { get; }

    /// <summary>The SQLSTATE, five characters; null where Spark does not say.</summary>
    public string? SqlState { get; }
}
