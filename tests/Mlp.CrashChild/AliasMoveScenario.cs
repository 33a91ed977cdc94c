using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Registry;

namespace Mlp.CrashChild;

/// <summary>"alias-move DATADIRECTORY MODEL": moves the alias "champion" of a model to the version after the one that it points at, and prints that version.</summary>
internal sealed class AliasMoveScenario : ICrashScenario
{
    public string Name => "alias-move";

    public async Task RunAsync(IReadOnlyList<string> arguments, Action<string> acknowledge)
    {
        var registry = new FileModelRegistry(new DataDirectory(arguments[0], MlPlatformMode.Reader), TimeProvider.System, NullLogger<FileModelRegistry>.Instance);
        var seen = registry.FindAlias(arguments[1], "champion")!;
        var moved = await registry.SetAliasAsync(arguments[1], "champion", seen.Version + 1, seen.Revision);
        acknowledge(FormattableString.Invariant($"{moved.Version}"));
    }
}
