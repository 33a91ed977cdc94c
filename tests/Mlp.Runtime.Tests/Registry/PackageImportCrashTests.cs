using System.Globalization;
using Mlp.Runtime.Models;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Registry;

/// <summary>SIGKILL while packages are imported: a version is there as a whole or not at all.</summary>
public sealed class PackageImportCrashTests
{
    [Fact]
    public async Task Import_Killed_LeavesWholeVersionsOnlyAndEveryAcknowledgedOne()
    {
        using var directory = new TempDirectory();
        var package = await ExportAsync(directory);
        var data = directory.Combine("target");
        var acknowledged = new HashSet<int>();
        for (var round = 0; round < TestRounds.Count; round++)
        {
            using var child = ChildProcess.StartScenario("package-import", data, package);
            Assert.Equal("begin", await child.ReadLineAsync());

            // Another moment each round: before the first version, within it, or after some.
            await Task.Delay(round * 37 % 300);
            foreach (var line in await child.KillAsync())
            {
                Assert.True(acknowledged.Add(int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture)));
            }

            await RequireWholeAsync(data, acknowledged);
        }
    }

    private static async Task RequireWholeAsync(string data, HashSet<int> acknowledged)
    {
        var registry = TestRegistry.Open(data);
        var versions = registry.ListVersions("m");
        Assert.Subset(versions.ToHashSet(), acknowledged);
        foreach (var version in versions)
        {
            var manifest = registry.FindVersion("m", version)!;
            Assert.NotNull(manifest.Origin);
            await registry.OpenOnnxAsync(manifest, WeightStorage.Resident);
        }
    }

    private static async Task<string> ExportAsync(TempDirectory directory)
    {
        const int Width = 256;
        var onnx = directory.Combine("model.onnx");
        await File.WriteAllBytesAsync(onnx, ExternalOnnx.Deep("weights.bin", Width, 8));
        ExternalOnnx.WriteDeepWeights(directory.Combine("weights.bin"), Width, 8);
        var registry = TestRegistry.Open(directory.Combine("source"));
        await registry.PublishAsync("m", ModelPackage.FromFile(onnx, new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "score" }));
        var package = directory.Combine("m.mlpkg");
        await registry.ExportAsync("m", 1, package);
        return package;
    }
}
