using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Mlp.Features.Online;

/// <summary>Checks the settings of the online store, one by one and together.</summary>
internal sealed class OnlineStoreOptionsValidator : IValidateOptions<FeatureStoreOptions>
{
    private const int MinimumPages = 8;

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, FeatureStoreOptions options)
        => Describe(options.Online) is { Count: > 0 } failures ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;

    /// <summary>Throws the first wrong setting.</summary>
    /// <param name="options">The settings.</param>
    /// <exception cref="OptionsValidationException">A setting is wrong.</exception>
    internal static void Check(OnlineStoreOptions options)
    {
        if (Describe(options) is { Count: > 0 } failures)
        {
            throw new OptionsValidationException(nameof(OnlineStoreOptions), typeof(OnlineStoreOptions), failures);
        }
    }

    private static List<string> Describe(OnlineStoreOptions options)
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        var failures = results.Select(result => $"{nameof(OnlineStoreOptions)}: {result.ErrorMessage}").ToList();
        if (options.MemorySize < MinimumPages * options.PageSize)
        {
            failures.Add($"Expected {nameof(OnlineStoreOptions)}.{nameof(options.MemorySize)} to hold at least {MinimumPages} pages of {options.PageSize} bytes, but found {options.MemorySize}.");
        }

        if (options.SegmentSize < options.PageSize)
        {
            failures.Add($"Expected {nameof(OnlineStoreOptions)}.{nameof(options.SegmentSize)} to be at least a page of {options.PageSize} bytes, but found {options.SegmentSize}.");
        }

        return failures;
    }
}
