using Mlp.Runtime;

namespace Mlp.Spark.Connect;

/// <summary>The server does not accept the caller: its token is missing, wrong or has expired.</summary>
public sealed class SparkConnectionRefusedException : MlPlatformException
{
    internal SparkConnectionRefusedException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
