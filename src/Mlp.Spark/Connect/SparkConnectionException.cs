using Mlp.Runtime;

namespace Mlp.Spark.Connect;

/// <summary>There is no connection to the server, or it has broken: what was not received is lost, and the query must run again.</summary>
public sealed class SparkConnectionException : MlPlatformException
{
    internal SparkConnectionException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <inheritdoc/>
    public override bool IsTransient => true;
}
