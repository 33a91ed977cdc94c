using Mlp.Runtime;

namespace Mlp.Training.Distributed.Elastic;

/// <summary>A member of an elastic group cannot go on.</summary>
/// <param name="failure">Why.</param>
/// <param name="message">The sentence.</param>
/// <param name="innerException">What broke the group before; null for nothing.</param>
public sealed class ElasticGroupException(ElasticFailure failure, string message, Exception? innerException = null) : MlPlatformException(message, innerException)
{
    /// <summary>Why.</summary>
    public ElasticFailure Failure => failure;
}
