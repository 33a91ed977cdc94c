using Mlp.Runtime;

namespace Mlp.Features.Joins;

/// <summary>A training set cannot be made again as it was: the definitions, the commits or the rows of the question are not those that it was made of, or the join gives other values.</summary>
/// <param name="message">What was expected and what was found.</param>
/// <param name="innerException">The cause, where there is one.</param>
public sealed class TrainingSetNotReproducedException(string message, Exception? innerException = null) : MlPlatformException(message, innerException);
