using Mlp.Runtime;

namespace Mlp.Spark.Worker.Tasks;

/// <summary>A task cannot go on, for a reason that its user can do something about.</summary>
/// <param name="message">What was expected and what was found.</param>
/// <param name="innerException">The cause.</param>
internal sealed class TaskException(string message, Exception? innerException = null) : MlPlatformException(message, innerException);
