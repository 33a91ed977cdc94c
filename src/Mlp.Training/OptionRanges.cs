using Mlp.Runtime.Hosting;

namespace Mlp.Training;

/// <summary>Checks options that code has made; their sentences name type and property, where those of the configuration name the path.</summary>
internal static class OptionRanges
{
    /// <summary>Throws for settings outside their range.</summary>
    /// <exception cref="ArgumentException">There is one.</exception>
    public static void ThrowIfViolated(object options) => ThrowIfAny(SettingsRanges.FindFailures(options.GetType().Name, options, '.'), nameof(options));

    /// <summary>Throws where there are failures.</summary>
    /// <param name="failures">Sentences.</param>
    /// <param name="parameterName">The argument that they are about.</param>
    /// <exception cref="ArgumentException">There is one.</exception>
    public static void ThrowIfAny(IReadOnlyCollection<string> failures, string parameterName)
    {
        if (failures.Count > 0)
        {
            throw new ArgumentException(string.Join(" ", failures), parameterName);
        }
    }
}
