using System.Linq.Expressions;
using System.Reflection;
using Microsoft.ML.OnnxRuntime.Tensors;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Inference;

/// <summary>
/// Compiles how the answers for a row become a caller's record. A property or constructor parameter is found among the properties of <see cref="Prediction"/>, then among the outputs,
/// then among the classes.
/// </summary>
internal sealed class RecordResultMapping(ServingVersion version)
{
    private const string Probabilities = "Probabilities";
    private const string PredictedLabel = "PredictedLabel";

    private readonly ParameterExpression _prediction = Expression.Parameter(typeof(Prediction).MakeByRefType(), "prediction");
    private readonly ParameterExpression _slot = Expression.Parameter(typeof(InferenceSlot), "slot");
    private readonly ParameterExpression _row = Expression.Parameter(typeof(int), "row");

    /// <summary>Whether what was compiled reads outputs other than the score.</summary>
    public bool ReadsOthers { get; private set; }

    private ModelOutput Output => version.Manifest.Output;

    private OutputPlans Outputs => version.RequireScore();

    /// <summary>Compiles the mapping.</summary>
    /// <typeparam name="TResult">The caller's type.</typeparam>
    /// <exception cref="ArgumentException">A property is nothing that the model answers, or has a type that does not fit.</exception>
    public RecordReader<TResult> Compile<TResult>()
    {
        var type = typeof(TResult);
        var constructor = type.GetConstructors()
            .Where(c => c.GetParameters() is not [var only] || only.ParameterType != type)
            .OrderByDescending(c => c.GetParameters().Length)
            .FirstOrDefault();
        if (constructor is null && !type.IsValueType)
        {
            throw new ArgumentException($"Expected type '{type.Name}' to have a public constructor, but found none ({version.Where}).");
        }

        var parameters = constructor?.GetParameters() ?? [];
        var made = constructor is null
            ? Expression.New(type)
            : Expression.New(constructor, parameters.Select(p => Value(type, p.Name!, p.ParameterType, PropertyOf(type, p.Name!))));
        var bindings = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.SetMethod is { IsPublic: true } && p.GetIndexParameters().Length == 0)
            .Where(p => !Array.Exists(parameters, a => PropertyNames.Normalise(a.Name!) == PropertyNames.Normalise(p.Name)))
            .Select(p => (MemberBinding)Expression.Bind(p, Value(type, p.Name, p.PropertyType, p)))
            .ToList();
        if (parameters.Length == 0 && bindings.Count == 0)
        {
            throw new ArgumentException($"Expected type '{type.Name}' to have properties that can be set, for what the model answers, but found none ({version.Where}).");
        }

        return Expression.Lambda<RecordReader<TResult>>(Expression.MemberInit(made, bindings), _prediction, _slot, _row).Compile();
    }

    private static PropertyInfo? PropertyOf(Type type, string parameter)
        => type.GetProperties().FirstOrDefault(p => PropertyNames.Normalise(p.Name) == PropertyNames.Normalise(parameter));

    private UnaryExpression Value(Type type, string name, Type wanted, PropertyInfo? property)
    {
        bool Is(string candidate) => property is null ? PropertyNames.Normalise(name) == PropertyNames.Normalise(candidate) : PropertyNames.Matches(property, candidate);
        var value = OfPrediction(Is, wanted) ?? OfOutput(Is, wanted) ?? OfClass(Is) ?? throw new ArgumentException(
            $"Expected property '{name}' of type '{type.Name}' to be what the model answers, but found no such answer; there are {Answers()} ({version.Where}).");
        return Convert(value, Nullable.GetUnderlyingType(wanted) ?? wanted) is { } converted
            ? Expression.Convert(converted, wanted)
            : throw new ArgumentException($"Expected property '{name}' of type '{type.Name}' to be {value.Type.Name}, but found {wanted.Name} ({version.Where}).");
    }

    private Expression? OfPrediction(Func<string, bool> isName, Type wanted)
    {
        if (isName(nameof(Prediction.PredictedClass)) || isName(PredictedLabel))
        {
            var index = Expression.Property(_prediction, nameof(Prediction.PredictedClass));
            return wanted == typeof(string) && Output.ClassNames.Count > 0 ? Expression.ArrayIndex(Expression.Constant(Output.ClassNames.ToArray()), index) : index;
        }

        foreach (var name in (ReadOnlySpan<string>)[nameof(Prediction.Id), nameof(Prediction.Score), nameof(Prediction.ModelVersion), nameof(Prediction.Variant)])
        {
            if (isName(name))
            {
                return Expression.Property(_prediction, name);
            }
        }

        return isName(Probabilities) && Output.Task is ModelTask.BinaryClassification or ModelTask.MulticlassClassification ? ScoreRow(wanted) : null;
    }

    private MethodCallExpression? OfOutput(Func<string, bool> isName, Type wanted)
    {
        if (isName(Outputs.Score.Name))
        {
            return Outputs.Score.Width == 1 && !wanted.IsArray ? Call(nameof(RecordAnswers.Score), null, Expression.Constant(0)) : ScoreRow(wanted);
        }

        for (var i = 0; i < Outputs.Others.Count; i++)
        {
            var plan = Outputs.Others[i];
            if (isName(plan.Name))
            {
                ReadsOthers = true;
                var isArray = plan.Width > 1 || wanted.IsArray;
                return plan.ElementType == TensorElementType.String
                    ? Call(isArray ? nameof(RecordAnswers.Texts) : nameof(RecordAnswers.Text), null, Expression.Constant(i))
                    : Call(isArray ? nameof(RecordAnswers.Values) : nameof(RecordAnswers.Value), [ClrType(plan.ElementType)], Expression.Constant(i));
            }
        }

        return null;
    }

    private MethodCallExpression? OfClass(Func<string, bool> isName)
    {
        for (var i = 0; i < Output.ClassNames.Count; i++)
        {
            if (isName(Output.ClassNames[i]))
            {
                return ClassProbability(i);
            }
        }

        return null;
    }

    /// <summary>A binary model may give the probability of the positive class only, and may give the two in any order.</summary>
    private MethodCallExpression ClassProbability(int index)
    {
        if (Output.Task == ModelTask.MulticlassClassification)
        {
            return Call(nameof(RecordAnswers.Score), null, Expression.Constant(index));
        }

        return Outputs.Score.Width switch
        {
            2 => Call(nameof(RecordAnswers.Score), null, Expression.Constant(index == 1 ? Output.ScoreIndex : 1 - Output.ScoreIndex)),
            _ => Call(index == 1 ? nameof(RecordAnswers.Score) : nameof(RecordAnswers.Complement), null, Expression.Constant(Output.ScoreIndex)),
        };
    }

    private MethodCallExpression ScoreRow(Type wanted) => Call(wanted == typeof(float[]) ? nameof(RecordAnswers.ScoresAsFloats) : nameof(RecordAnswers.Scores), null);

    private MethodCallExpression Call(string method, Type[]? types, params Expression[] arguments) => Expression.Call(typeof(RecordAnswers), method, types, [_slot, _row, .. arguments]);

    /// <summary>What widens exactly; a score may be read as float32 too, since most outputs are.</summary>
    private static Expression? Convert(Expression value, Type wanted)
        => value.Type == wanted ? value
            : (value.Type == typeof(double) && wanted == typeof(float)) || (value.Type == typeof(float) && wanted == typeof(double))
                || (value.Type == typeof(int) && (wanted == typeof(long) || wanted == typeof(double))) ? Expression.Convert(value, wanted)
            : null;

    private static Type ClrType(TensorElementType type) => type switch
    {
        TensorElementType.Float => typeof(float),
        TensorElementType.Double => typeof(double),
        TensorElementType.Int64 => typeof(long),
        TensorElementType.Int32 => typeof(int),
        _ => typeof(bool),
    };

    private string Answers()
    {
        string[] ofClasses = Output.Task is ModelTask.BinaryClassification or ModelTask.MulticlassClassification ? [PredictedLabel, Probabilities] : [];
        var names = typeof(Prediction).GetProperties().Select(p => p.Name).Concat(ofClasses).Append(Outputs.Score.Name).Concat(Outputs.Others.Select(o => o.Name)).Concat(Output.ClassNames);
        return string.Join(", ", names.Select(n => $"'{n}'"));
    }
}
