using Mlp.Runtime.Hosting;
using Mlp.Runtime.Tests.Inference;
using Mlp.TestSupport;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Versions;

public sealed class OtherProcessTests
{
    [Fact]
    public async Task Alias_MovedByAnotherProcess_IsFollowed()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary()), configure: o => o.AliasPollInterval = TimeSpan.FromMilliseconds(20));
        await platform.Registry.PublishAsync(ModelName, Package(TestGraphs.Logistic(2), Binary()));
        Assert.Equal(1, platform.Model.Predict([1]).ModelVersion);

        using var child = ChildProcess.StartScenario("alias-move", Path.GetDirectoryName(platform.RegistryPath)!, ModelName);
        Assert.Equal("2", await child.ReadLineAsync());

        for (var i = 0; i < 50_000 && platform.Model.Predict([1]).ModelVersion == 1; i++)
        {
            await Task.Delay(2);
        }

        var prediction = platform.Model.Predict([1]);
        Assert.Equal(2, prediction.ModelVersion);
        Assert.Equal(1 / (1 + Math.Exp(-2)), prediction.Score, 1e-6);
    }
}
