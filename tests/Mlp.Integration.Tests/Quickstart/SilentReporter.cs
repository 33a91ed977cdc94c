using Quickstart;

namespace Mlp.Integration.Tests.Quickstart;

/// <summary>Runs the stages and shows nothing.</summary>
internal sealed class SilentReporter : IStageReporter
{
    public Task<T> RunAsync<T>(string stage, Func<IProgress<double>, Task<T>> work) => work(new Progress<double>());
}
