using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Models;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Registry;

/// <summary>A registry in a folder, and models to put into it.</summary>
internal static class TestRegistry
{
    public static readonly DateTimeOffset Start = new(2024, 6, 1, 12, 0, 0, TimeSpan.Zero);

    public static FileModelRegistry Open(string dataDirectory, IDiskSync? disk = null, TimeProvider? time = null) => new(
        new DataDirectory(dataDirectory, MlPlatformMode.Owner),
        time ?? new FakeTimeProvider(Start),
        NullLogger<FileModelRegistry>.Instance,
        disk ?? DiskSync.Instance);

    /// <summary>A small regression model; another weight is another file.</summary>
    public static ModelPackage Package(float weight = 1) => new()
    {
        Onnx = OnnxBytes.Linear(weight: weight),
        Output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "score" },
    };
}
