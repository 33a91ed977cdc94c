using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Tests.Registry;
using Mlp.TestSupport;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>The pool of threads that all models share belongs to the process, so each case has one of its own.</summary>
public sealed class EngineThreadsTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("first", "the pool has worked")]
    [InlineData(
        "late",
        "Expected to give ONNX Runtime a shared pool of 3 threads at its first call in this process, but it was in use before the platform was started: start the platform first, before ML.NET or anything else that runs ONNX models.")]
    [InlineData(
        "other",
        "Expected to give ONNX Runtime a shared pool of 3 threads at its first call in this process, but it has one of 2 threads that spin since an earlier start of the platform.")]
    public async Task Start_WithSharedThreads_MakesThemAtTheFirstCallOnly(string order, string expected)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var registry = TestRegistry.Open(_directory.FullName);
        var manifest = await registry.PublishAsync(ModelName, Package(TestGraphs.Slow(512, 4), Regression()));
        await registry.SetAliasAsync(ModelName, "champion", manifest.Version, 0);

        using var child = ChildProcess.StartScenario("shared-threads", _directory.FullName, ModelName, order);
        var lines = await child.ReadToEndAsync();

        Assert.Equal("", await child.ReadErrorsAsync());
        Assert.Equal(expected, Assert.Single(lines));
    }

    [Theory]
    [InlineData(0, false, "MlPlatform:SharedThreadCount must be between 1 and 1024, but is 0.")]
    [InlineData(1025, false, "MlPlatform:SharedThreadCount must be between 1 and 1024, but is 1025.")]
    [InlineData(null, true, "MlPlatform:SharedThreadsSpin must be false without MlPlatform:SharedThreadCount, but is true: there are no threads to spin.")]
    public void Options_OutOfRange_AreASentence(int? count, bool spin, string expected)
    {
        var services = new ServiceCollection();
        services.AddMlPlatform(ml => ml.Configure(o => (o.SharedThreadCount, o.SharedThreadsSpin) = (count, spin)));
        using var provider = services.BuildServiceProvider();

        var error = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<MlPlatformOptions>>().Value);

        Assert.Equal([expected], error.Failures);
    }
}
