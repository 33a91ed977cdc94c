namespace Quickstart;

/// <summary>Hears how the run gets on.</summary>
internal interface IStageReporter
{
    /// <summary>Runs a stage and shows its progress, 0 to 1.</summary>
    Task<T> RunAsync<T>(string stage, Func<IProgress<double>, Task<T>> work);
}
