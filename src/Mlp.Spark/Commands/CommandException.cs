using Mlp.Runtime;

namespace Mlp.Spark.Commands;

/// <summary>A command that is none, or not whole.</summary>
/// <param name="message">What was expected and what was found.</param>
/// <param name="innerException">The cause.</param>
internal sealed class CommandException(string message, Exception? innerException = null) : MlPlatformException(message, innerException);
