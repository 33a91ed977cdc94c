using Microsoft.Extensions.Logging;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Routing;

namespace Mlp.Runtime.Inference;

/// <summary>Tells the observers of one model version what it did. What an observer throws is counted, logged once and goes no further. Thread-safe.</summary>
internal sealed class PredictionRecorder
{
    private readonly ServedModel _model;
    private readonly IPredictionSink[] _sinks;
    private readonly ILogger _logger;
    private int _hasLogged;
    private volatile RouteSeat? _seat;

    /// <summary>Attaches the observers.</summary>
    /// <param name="model">The version.</param>
    /// <param name="observers">Who may want to hear of it.</param>
    /// <param name="logger">Told of observers that fail.</param>
    public PredictionRecorder(ServedModel model, IEnumerable<IPredictionObserver> observers, ILogger logger)
    {
        _model = model;
        _logger = logger;
        Metrics = new InferenceMetrics(model.Manifest.Name, model.Manifest.Version);
        _sinks = [.. observers.Select(Attach).OfType<IPredictionSink>()];
        WantsRequests = _sinks.Any(sink => sink is IRequestSink { WantsRequests: true });
    }

    /// <summary>Whether a sink wants the requests of calls.</summary>
    public bool WantsRequests { get; }

    /// <summary>Whether anybody listens: observers, or shadows.</summary>
    public bool HasSinks => _sinks.Length > 0 || _seat is { Shadows: not null };

    /// <summary>The place of the version in its model's route; null while there is only the champion.</summary>
    public RouteSeat? Seat
    {
        get => _seat;
        set
        {
            if (value is not null)
            {
                Counters ??= new VariantCounters();
            }

            _seat = value;
        }
    }

    /// <summary>What became of the calls since the version had a place in a route; null before.</summary>
    public VariantCounters? Counters { get; private set; }

    /// <summary>The instruments of the version.</summary>
    public InferenceMetrics Metrics { get; }

    /// <summary>Counts a call.</summary>
    /// <param name="outcome">How it ended.</param>
    /// <param name="rowCount">Predictions that it asked for.</param>
    /// <param name="latencyNanoseconds">How long it took.</param>
    public void Count(PredictionOutcome outcome, int rowCount, long latencyNanoseconds)
    {
        Metrics.Record(outcome, rowCount, latencyNanoseconds);
        if (_seat is not null)
        {
            Counters!.Add(outcome, latencyNanoseconds);
        }
    }

    /// <summary>Tells of one prediction.</summary>
    /// <param name="record">The prediction.</param>
    public void Record(in PredictionRecord record)
    {
        foreach (var sink in _sinks)
        {
            try
            {
                sink.Record(in record);
            }
            catch (Exception e)
            {
                Metrics.RecordObserverFailure();
                if (Interlocked.Exchange(ref _hasLogged, 1) == 0)
                {
                    LogFailure(e, sink.GetType());
                }
            }
        }

        _seat?.Shadows?.Offer(in record, _model);
    }

    /// <summary>Tells the sinks that the version has left service: nothing more is recorded.</summary>
    public void Detach()
    {
        foreach (var sink in _sinks.OfType<IDisposable>())
        {
            try
            {
                sink.Dispose();
            }
            catch (Exception e)
            {
                LogFailure(e, sink.GetType());
            }
        }
    }

    private IPredictionSink? Attach(IPredictionObserver observer)
    {
        try
        {
            return observer.Attach(_model);
        }
        catch (Exception e)
        {
            LogFailure(e, observer.GetType());
            return null;
        }
    }

    private void LogFailure(Exception exception, Type observer)
        => _logger.LogError(
            exception,
            "Observer {Observer} failed on model {Model} version {Version}; the model goes on answering.",
            observer.Name,
            _model.Manifest.Name,
            _model.Manifest.Version);
}
