using Mlp.Runtime;

namespace Mlp.Training.Search;

/// <summary>All trials of a search have failed, so that there is nothing to choose from.</summary>
public sealed class SearchFailedException : MlPlatformException
{
    internal SearchFailedException(string search, SearchResult result, Exception? innerException)
        : base($"Expected a trial of search '{search}' to have a value, but all {result.Trials.Count} failed, the first one by: {result.Trials[0].Failure}", innerException)
        => (Search, Result) = (search, result);

    /// <summary>Name of the search.</summary>
    public string Search { get; }

    /// <summary>The trials, each with why it failed.</summary>
    public SearchResult Result { get; }
}
