using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Hosting;

/// <summary>Looks at all settings before anything is opened: with a host and without one.</summary>
internal static class SettingsAtStart
{
    /// <summary>Validates what is validated at start, and warns of settings for models that the application does not have.</summary>
    /// <param name="services">The platform's services.</param>
    /// <param name="logger">Gets the warnings.</param>
    /// <exception cref="OptionsValidationException">Settings are wrong.</exception>
    public static void Check(IServiceProvider services, ILogger logger)
    {
        Validate(services);
        WarnOfUndeclaredModels(services, logger);
    }

    /// <summary>Validates what is validated at start.</summary>
    /// <param name="services">The platform's services.</param>
    /// <exception cref="OptionsValidationException">Settings are wrong.</exception>
    public static void Validate(IServiceProvider services)
    {
        try
        {
            services.GetService<IStartupValidator>()?.Validate();
        }
        catch (AggregateException e) when (e.InnerExceptions.All(i => i is OptionsValidationException))
        {
            var failures = e.InnerExceptions.Cast<OptionsValidationException>().SelectMany(i => i.Failures);
            throw new OptionsValidationException(MlPlatformOptions.SectionName, typeof(MlPlatformOptions), failures);
        }
    }

    /// <summary>No error: one file of settings may serve several applications.</summary>
    private static void WarnOfUndeclaredModels(IServiceProvider services, ILogger logger)
    {
        var patterns = services.GetServices<ModelPatternDeclaration>().ToList();
        var declared = services.GetServices<ModelDeclaration>().Select(d => d.Name).Concat(patterns.Select(p => p.Pattern)).Distinct(StringComparer.Ordinal).ToList();
        foreach (var section in services.GetService<IConfiguration>()?.GetSection(ModelOptions.SectionName).GetChildren() ?? [])
        {
            if (!declared.Contains(section.Key, StringComparer.OrdinalIgnoreCase))
            {
                logger.LogWarning(
                    "The settings '{Path}' are for a model that this application has not declared by AddModel and have no effect; {Closest}.",
                    section.Path,
                    SettingsSection.Closest(section.Key, declared));
            }
        }
    }
}
