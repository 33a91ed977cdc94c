using Mlp.Spark.Commands;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Functions.OnDemand;

/// <summary>Which features of a view a command wants.</summary>
internal static class OnDemandSelection
{
    /// <summary>Indexes of the features.</summary>
    /// <param name="command">The command.</param>
    /// <param name="view">The view.</param>
    /// <exception cref="TaskException">The view has no such feature.</exception>
    public static IReadOnlyList<int> Of(OnDemandCommand command, OnDemandView view)
    {
        var names = view.Features.ToList();
        return [.. (command.Features ?? names).Select(name => names.IndexOf(name) is >= 0 and var index
            ? index
            : throw new TaskException($"Expected a feature of the {view.Name} ({string.Join(", ", names.Select(n => $"'{n}'"))}), but the command asks for '{name}'."))];
    }
}
