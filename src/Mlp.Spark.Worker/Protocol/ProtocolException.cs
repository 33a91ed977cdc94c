using Mlp.Runtime;

namespace Mlp.Spark.Worker.Protocol;

/// <summary>Spark sent what the worker does not understand, or more than it takes.</summary>
/// <param name="message">What was expected and what was found.</param>
/// <param name="innerException">The cause.</param>
internal sealed class ProtocolException(string message, Exception? innerException = null) : MlPlatformException(message, innerException);
