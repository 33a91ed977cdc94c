using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Registry;
using Mlp.TestSupport;

namespace Mlp.Training.Tests;

/// <summary>A file registry in a folder of its own.</summary>
internal sealed class TestRegistry : IDisposable
{
    private readonly TempDirectory _directory = new();

    public TestRegistry()
        => Registry = new FileModelRegistry(
            new DataDirectory(_directory.FullName, MlPlatformMode.Owner), TimeProvider.System, NullLogger<FileModelRegistry>.Instance);

    public IModelRegistry Registry { get; }

    public string FullName => _directory.FullName;

    public void Dispose() => _directory.Dispose();
}
