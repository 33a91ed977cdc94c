using Mlp.Runtime;

namespace Mlp.Spark.Connect;

/// <summary>
/// Spark has refused or failed what it was asked for. The message is Spark's without the stack of its JVM and the plan of the query; where a worker failed, the worker's sentence is in it, and where the worker could not be started, a
/// sentence says so instead.
/// </summary>
public sealed class SparkException : MlPlatformException
{
    internal SparkException(string message, string serverMessage, string? errorClass, string? sqlState, Exception? innerException)
        : base(message, innerException)
    {
        ServerMessage = serverMessage;
        ErrorClass = errorClass;
        SqlState = sqlState;
    }

    /// <summary>What Spark has said, whole: with the stack of its JVM and the plan of the query, where there are any. Spark 3.5 cuts it to 2,048 characters.</summary>
    public string ServerMessage { get; }

    /// <summary>Spark's name of the error, for example <c>TABLE_OR_VIEW_NOT_FOUND</c>; null where Spark does not say.</summary>
    public string? ErrorClass { get; }

    /// <summary>The SQLSTATE, five characters; null where Spark does not say.</summary>
    public string? SqlState { get; }
}
