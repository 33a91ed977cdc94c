namespace Mlp.Training.Distributed.Collectives;

/// <summary>Makes a failure into one that another thread can throw.</summary>
internal static class CollectiveFailures
{
    /// <summary>The same failure for another throw: type, sentence and facts.</summary>
    /// <param name="failure">What has been thrown; it becomes the inner exception.</param>
    public static CollectiveException Again(CollectiveException failure) => failure switch
    {
        CollectiveMismatchException => new CollectiveMismatchException(failure.Message)
        {
            Ranks = failure.Ranks,
            Call = failure.Call,
            Sequence = failure.Sequence,
            Tensor = failure.Tensor,
        },
        CollectiveTimeoutException => new CollectiveTimeoutException(failure.Message, failure)
        {
            Ranks = failure.Ranks,
            Call = failure.Call,
            Sequence = failure.Sequence,
            Tensor = failure.Tensor,
        },
        RankLostException => new RankLostException(failure.Message, failure)
        {
            Ranks = failure.Ranks,
            Call = failure.Call,
            Sequence = failure.Sequence,
            Tensor = failure.Tensor,
        },
        _ => new CollectiveException(failure.Message, failure)
        {
            Ranks = failure.Ranks,
            Call = failure.Call,
            Sequence = failure.Sequence,
            Tensor = failure.Tensor,
        },
    };
}
