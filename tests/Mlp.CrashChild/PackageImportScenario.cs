using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Registry;

namespace Mlp.CrashChild;

/// <summary>"package-import DATADIRECTORY PACKAGE": imports a package again and again, for ever. Prints "version N" for each acknowledged version, and "begin" before the first.</summary>
internal sealed class PackageImportScenario : ICrashScenario
{
    public string Name => "package-import";

    public async Task RunAsync(IReadOnlyList<string> arguments, Action<string> acknowledge)
    {
        var registry = new FileModelRegistry(new DataDirectory(arguments[0], MlPlatformMode.Owner), TimeProvider.System, NullLogger<FileModelRegistry>.Instance);
        acknowledge("begin");
        while (true)
        {
            var manifest = await registry.ImportAsync(arguments[1]);
            acknowledge(FormattableString.Invariant($"version {manifest.Version}"));
        }
    }
}
