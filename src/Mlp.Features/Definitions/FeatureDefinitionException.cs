using Mlp.Runtime;

namespace Mlp.Features.Definitions;

/// <summary>A view, on-demand view or feature service is not well defined.</summary>
/// <param name="definition">Name of the definition.</param>
/// <param name="message">What was expected and what was found.</param>
/// <param name="innerException">The cause.</param>
public sealed class FeatureDefinitionException(string definition, string message, Exception? innerException = null) : MlPlatformException(message, innerException)
{
    /// <summary>Name of the definition.</summary>
    public string Definition { get; } = definition;
}
