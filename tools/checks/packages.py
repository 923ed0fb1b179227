"""Import names of packages that really exist, so that one which is missing is not taken for an invention."""

NAMES = """
numpy scipy pandas polars matplotlib seaborn plotly bokeh altair sklearn skimage statsmodels sympy networkx torch
torchvision tensorflow keras jax flax xgboost lightgbm transformers datasets tokenizers spacy nltk gensim numba
cython dask pyspark pyarrow xarray shapely geopandas gmpy2 mpmath numexpr bottleneck
requests httpx aiohttp urllib3 certifi websockets flask django fastapi starlette uvicorn gunicorn tornado sanic
bottle jinja2 werkzeug markupsafe itsdangerous bs4 lxml html5lib scrapy selenium playwright feedparser
sqlalchemy alembic psycopg psycopg2 pymysql MySQLdb pymongo redis peewee duckdb elasticsearch boto3 botocore
pydantic attr attrs marshmallow cattrs dataclasses_json typing_extensions msgspec
yaml toml tomlkit ujson orjson simplejson msgpack google protobuf grpc
click typer rich tqdm colorama tabulate prompt_toolkit loguru structlog dotenv
dateutil pytz arrow pendulum babel humanize unidecode regex chardet charset_normalizer ftfy
cryptography Crypto nacl bcrypt passlib jwt paramiko
PIL cv2 imageio pygame pyglet moviepy soundfile librosa pytesseract
docx openpyxl xlrd xlsxwriter PyPDF2 pypdf reportlab markdown docutils sphinx
psutil watchdog filelock platformdirs joblib cloudpickle dill celery trio anyio gevent greenlet uvloop
sortedcontainers more_itertools toolz cytoolz funcy boltons cachetools bidict intervaltree bitarray pyparsing lark
ply antlr4 Levenshtein rapidfuzz jellyfish fuzzywuzzy ortools pulp cvxpy deap simpy
hypothesis mock nose parameterized freezegun responses faker factory tox nox
setuptools pip wheel pkg_resources packaging six future openai anthropic langchain langgraph
"""
KNOWN_PACKAGES = frozenset(NAMES.split())
