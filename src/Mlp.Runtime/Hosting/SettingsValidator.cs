using Microsoft.Extensions.Options;

namespace Mlp.Runtime.Hosting;

/// <summary>Validates options by their attributes; the sentences of all libraries have one style.</summary>
/// <typeparam name="TOptions">The options.</typeparam>
/// <param name="name">Name of the options that it looks at; null for those without a name.</param>
/// <param name="path">Path of their section.</param>
/// <param name="others">What else can be wrong with them, as sentences.</param>
internal sealed class SettingsValidator<TOptions>(string? name, string path, Func<TOptions, IEnumerable<string>>? others = null) : IValidateOptions<TOptions>
    where TOptions : class
{
    public ValidateOptionsResult Validate(string? optionsName, TOptions options)
    {
        if ((optionsName ?? Options.DefaultName) != (name ?? Options.DefaultName))
        {
            return ValidateOptionsResult.Skip;
        }

        var failures = SettingsRanges.FindFailures(path, options);
        if (others is not null)
        {
            failures.AddRange(others(options));
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
