using Mlp.Runtime;

namespace Mlp.Spark.Connect;

/// <summary>The server does not accept the caller, whose token is missing, wrong or has expired; or the caller does not trust the server's certificate.</summary>
public sealed class SparkConnectionRefusedException : MlPlatformException
{
    internal SparkConnectionRefusedException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
